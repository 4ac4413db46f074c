//! 黑屏、纯色、冻结、画面质量差: a picture was decoded, and it is not what was asked for.

whys! {
    BLACK "black" Black Camera proven {
        "黑屏" "a black picture"
        "解出的画面几乎全黑：镜头被遮、无信号，或夜间无补光。"
        "The decoded picture is black almost everywhere: a covered lens, no signal, or night without light."
        "关键帧解码后平均亮度低于 16 且标准差低于 4（全范围）。"
        "Mean luma below 16 and standard deviation below 4 in the decoded key frame, full range."
        "到现场看镜头与补光；夜间检测的，白天再复测一次。"
        "Look at lens and light on the spot; what was audited at night, retest by day."
    }
    SINGLE_COLOR "single_color" SingleColor Camera proven {
        "纯色画面" "one colour"
        "画面除字幕外只有一种颜色，常见为蓝屏或无信号画面。"
        "But for an OSD the picture is one colour, as a blue or no-signal card is."
        "亮度和两个色度的标准差都低于 3（字幕大小的 5% 除外）。"
        "Standard deviations of luma and both chromas below 3, outside 5 % of the size of an OSD."
        "查录像机该通道与摄像机之间的连接。"
        "Check the link between the recorder's channel and the camera."
    }
    FROZEN "frozen" Frozen Camera proven {
        "画面冻结" "a frozen picture"
        "码流在走，画面却一直不变。"
        "The stream goes on and the picture does not change."
        "观察时间内先后解出的画面完全相同。"
        "Pictures decoded one after the other in the time of observation are identical."
        "重启摄像机编码，查录像机是否在重发最后一帧。"
        "Restart the camera's encoder; see whether the recorder repeats its last picture."
    }
    SMALL_PICTURE "small_picture" SmallPicture Camera proven {
        "分辨率不足" "a picture smaller than asked for"
        "画面看得见，但宽或高小于口径要求的分辨率；只有口径写明最低分辨率（min_width、min_height）时才算未出图。"
        "There is something to see, narrower or lower than the profile asks; counts as no picture only where it sets min_width or min_height."
        "解出的关键帧的宽和高（probe.picture）。"
        "Width and height of the decoded key frame (probe.picture)."
        "查平台取的是不是子码流，改取主码流；摄像机本身不够的，更换。"
        "See whether the platform gives the sub-stream and have it give the main one; where the camera gives no more, replace it."
    }
    POOR_PICTURE "poor_picture" PoorPicture Camera proven {
        "画面质量差" "a picture with a fault"
        "画面看得见，但有过曝、偏色、模糊、条纹、遮挡等质量问题；只有口径要求画面质量时才算未出图。"
        "There is something to see, and a fault in it: overexposed, blurred, striped, covered; counts as no picture only where the profile asks for quality."
        "画面检查中超过限值的一项及其数值（probe.looks）。"
        "The first check of the picture that is over its limit, with its number (probe.looks)."
        "按所列问题到现场处理：擦拭镜头、调焦、调整补光或角度；认为判断有误的，以快照为准提出。"
        "See to what is named on the spot: clean the lens, focus, change light or angle; where the check is wrong, the snapshot decides."
    }
}

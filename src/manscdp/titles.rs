//! What the elements are called in tables for people.

use super::item::Element;
use crate::base::lang::Text;

impl Element {
    /// For people.
    #[must_use]
    pub const fn title(self) -> Text {
        match self {
            Self::DeviceID => Text::new("设备编码", "device code"),
            Self::Name => Text::new("设备名称", "name"),
            Self::Manufacturer => Text::new("设备厂商", "manufacturer"),
            Self::Model => Text::new("设备型号", "model"),
            Self::Owner => Text::new("设备归属", "owner"),
            Self::CivilCode => Text::new("行政区划", "region"),
            Self::Block => Text::new("警区", "police block"),
            Self::Address => Text::new("安装地址", "address"),
            Self::Parental => Text::new("是否有子设备", "has children"),
            Self::ParentID => Text::new("父节点", "parent"),
            Self::SafetyWay => Text::new("信令安全模式", "signalling security"),
            Self::RegisterWay => Text::new("注册方式", "way of registering"),
            Self::CertNum => Text::new("证书序列号", "certificate number"),
            Self::Certifiable => Text::new("证书有效标识", "certificate valid"),
            Self::ErrCode => Text::new("无效原因码", "reason of invalidity"),
            Self::EndTime => Text::new("证书终止有效期", "certificate ends"),
            Self::SecurityLevelCode => Text::new("安全能力等级", "security level"),
            Self::Secrecy => Text::new("保密属性", "secrecy"),
            Self::IPAddress => Text::new("IP 地址", "IP address"),
            Self::Port => Text::new("端口", "port"),
            Self::Password => Text::new("设备口令", "password"),
            Self::Status => Text::new("设备状态", "status"),
            Self::Longitude => Text::new("经度", "longitude"),
            Self::Latitude => Text::new("纬度", "latitude"),
            Self::BusinessGroupID => Text::new("业务分组", "business group"),
            Self::Event => Text::new("状态改变事件", "event"),
            Self::PTZType => Text::new("摄像机结构类型", "camera type"),
            Self::PositionType => Text::new("位置类型", "position type"),
            Self::RoomType => Text::new("室内外", "indoors or outdoors"),
            Self::UseType => Text::new("用途", "use"),
            Self::SupplyLightType => Text::new("补光属性", "supplementary light"),
            Self::DirectionType => Text::new("监视方位", "direction"),
            Self::Resolution => Text::new("分辨率", "resolution"),
            Self::DownloadSpeed => Text::new("下载倍速", "download speed"),
            Self::SVCSpaceSupportMode => Text::new("空域编码能力", "spatial SVC"),
            Self::SVCTimeSupportMode => Text::new("时域编码能力", "temporal SVC"),
            Self::PhotoelectricImagingType => Text::new("光电成像类型", "imaging type"),
            Self::CapturePositionType => Text::new("采集部位类型", "capture position"),
            Self::StreamNumberList => Text::new("码流编号列表", "streams"),
            Self::SSVCRatioSupportList => Text::new("SSVC 比例", "SSVC ratios"),
            Self::MobileDeviceType => Text::new("移动采集设备类型", "mobile device type"),
            Self::HorizontalFieldAngle => Text::new("水平视场角", "horizontal field angle"),
            Self::VerticalFieldAngle => Text::new("竖直视场角", "vertical field angle"),
            Self::MaxViewDistance => Text::new("可视距离", "view distance"),
            Self::GrassrootsCode => Text::new("基层组织编码", "grassroots code"),
            Self::PointType => Text::new("监控点位类型", "point type"),
            Self::PointCommonName => Text::new("点位俗称", "common name"),
            Self::MAC => Text::new("MAC 地址", "MAC address"),
            Self::FunctionType => Text::new("功能类型", "function type"),
            Self::EncodeType => Text::new("视频编码格式", "encoding"),
            Self::InstallTime => Text::new("安装时间", "time of installation"),
            Self::ManagementUnit => Text::new("管理单位", "managing unit"),
            Self::ContactInfo => Text::new("联系方式", "contact"),
            Self::RecordSaveDays => Text::new("录像保存天数", "days of recording"),
            Self::IndustrialClassification => Text::new("国民经济行业分类", "class of industry"),
        }
    }
}
